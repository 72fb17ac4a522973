// A path whose last part has no ending is a view of the page; a file that is missing stays missing.
function handler(event) {
  var request = event.request;
  if (!/\.[^/]*$/.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
