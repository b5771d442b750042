// Talking to the rig's own interface.

const BASE = "/_ironbird/";

/** The rig said no, and why. */
export class Refused extends Error {}

async function answer(response) {
  const body = await response.json();
  if (!response.ok) throw new Refused(body.error?.message ?? `status ${response.status}`);
  return body;
}

/** Asks for something; parameters that are empty are left out. */
export async function get(path, parameters = {}, signal = undefined) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  const query = new URLSearchParams(given);
  return answer(await fetch(`${BASE}${path}?${query}`, { signal, cache: "no-store" }));
}

export async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return answer(await fetch(BASE + path, { method: "POST", headers, body: JSON.stringify(body) }));
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until somebody looks at the page: a hidden one costs the rig nothing. */
export function seen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
  });
}
