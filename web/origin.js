// The commands on the page name the server that it came from.
for (const code of document.querySelectorAll("code")) {
  code.textContent = code.textContent.replaceAll("ORIGIN", location.origin);
}
