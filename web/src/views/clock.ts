/** The clock of an account: that of its points' settlement, by which all that happens to it is told too. */
import { accountPath, ApiError, get } from "../kit/api";
import { Clock } from "../kit/days";
import type { Point } from "../model";

const known = new Map<string, Promise<Clock>>();

/** UTC for one without points, or whose points the reader may not see. Raises what else the API says. */
export function clockOf(account: string): Promise<Clock> {
  const held =
    known.get(account) ??
    get<{ points: Point[] }>(`${accountPath(account)}/points`).then(
      ({ points }) => new Clock(points[0]?.zone ?? "UTC"),
      (error: unknown) => {
        if (error instanceof ApiError && error.status === 403) return new Clock("UTC");
        known.delete(account);
        throw error;
      },
    );
  known.set(account, held);
  return held;
}

/** Asked for anew: a file may have brought the first points, or another reader has come. */
export const forget = (): void => known.clear();
