const DARK = "(prefers-color-scheme: dark)";

/**
 * Whether the page is dark: JupyterLab, VS Code and Colab say it each in their way.
 * @returns {boolean}
 */
function pageIsDark() {
  const { body, documentElement: html } = document;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.dataset.vscodeThemeKind) return !body.dataset.vscodeThemeKind.includes("light");
  const said = html.getAttribute("theme") ?? html.dataset.theme ?? body.dataset.theme;
  if (said) return said.includes("dark");
  return matchMedia(DARK).matches;
}

/**
 * Put the class of the theme on a widget, now and whenever page or widget change theirs.
 * @param {any} model @param {HTMLElement} root @param {() => void} changed
 * @returns {() => void} stops it
 */
export function followTheme(model, root, changed) {
  const update = () => {
    const wanted = model.get("theme");
    root.classList.toggle("simnb-dark", wanted === "auto" ? pageIsDark() : wanted === "dark");
    changed();
  };
  const observer = new MutationObserver(update);
  const attributes = { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind", "theme", "data-theme"] };
  observer.observe(document.body, attributes);
  observer.observe(document.documentElement, attributes);
  const preference = matchMedia(DARK);
  preference.addEventListener("change", update);
  model.on("change:theme", update);
  update();
  return () => {
    observer.disconnect();
    preference.removeEventListener("change", update);
    model.off("change:theme", update);
  };
}
