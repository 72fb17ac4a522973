/** Signing in, with why it is asked for. */
import { signIn } from "../kit/api";
import { field, h, problem } from "../kit/dom";

/** `signedIn` is called when it has been done. */
export function signInView(why: string, signedIn: () => Promise<void>): HTMLElement {
  const user = h("input", { type: "text", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { type: "password", autocomplete: "current-password", required: true });
  const refused = h("div", {}, why && problem(why));
  const button = h("button", { type: "submit" }, "Sign in");
  const form = h("form", {}, field("User", user), field("Password", password), button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await signIn(user.value, password.value);
      await signedIn();
    } catch (error) {
      refused.replaceChildren(problem(error));
      password.select();
    } finally {
      button.disabled = false;
    }
  });
  return h(
    "section",
    { class: "card narrow" },
    h("h1", {}, "Sign in"),
    h("p", { class: "soft" }, "Your energy: what you used, what it cost, and what comes."),
    refused,
    form,
  );
}
