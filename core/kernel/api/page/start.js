// Draws the page. Whoever logs in by "try it out" is authorized with the token of the answer, until the page is left.
"use strict";

const page = SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#page",
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1,
  // It would send the document to another site.
  validatorUrl: null,
  responseInterceptor(answer) {
    if (answer.ok && new URL(answer.url, location.href).pathname === "/api/login") {
      page.preauthorizeApiKey("bearer", JSON.parse(answer.text).access_token);
    }
    return answer;
  },
});
