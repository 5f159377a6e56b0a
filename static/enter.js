// The landing of a plain link. The token leaves the address bar before anything else happens, and is posted as a form.

const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);
document.documentElement.dataset.scripted = ""; // before anything is drawn: what is for others is never seen

document.addEventListener("DOMContentLoaded", () => {
  const form = document.forms[0];
  if (!token) {
    document.getElementById("no-token").hidden = false;
    return;
  }
  form.elements.token.value = token;
  form.submit();
  form.elements.token.value = ""; // what is sent is settled: who comes back finds nothing in the field
});
