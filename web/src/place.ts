/** Where a view of an account is opened, and what its reader may do there. */

export interface Place {
  account: string;
  may: (action: string) => boolean;
}

export type Show = (place: Place) => Promise<HTMLElement> | HTMLElement;
