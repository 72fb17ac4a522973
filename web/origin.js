// Where the API is: a deployment says so in config.json, and on one machine it is here.
const { api } = await (await fetch("/config.json")).json();
const origin = api || location.origin;
for (const code of document.querySelectorAll("code")) {
  code.textContent = code.textContent.replaceAll("ORIGIN", origin);
}
for (const link of document.querySelectorAll("a[data-api]")) {
  link.href = origin + link.getAttribute("href");
}
