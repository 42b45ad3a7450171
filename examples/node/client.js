// A client of the session API: it logs in by itself, and refreshes an expired token once.

const CLIENT_ID = "koms-web";
const MILLISECONDS = 5000;

export class Client {
  #url;
  #login;
  #tokens = null;

  constructor(url, email, password) {
    this.#url = url;
    this.#login = { account_type: "traditional", email, password };
  }

  /** Who the user is. */
  async fetch() {
    this.#tokens ??= await this.#json(await this.#ask("POST", "/session", this.#login));
    let answer = await this.#ask("GET", "/user");
    if (answer.status === 401) {
      await this.#refresh();
      answer = await this.#ask("GET", "/user");
    }
    return this.#json(answer);
  }

  async #refresh() {
    const asked = { refresh_token: this.#tokens.refresh_token };
    // The answer may be lost. The service gives the same new tokens to one that asks again at once.
    const answer = await this.#ask("PUT", "/session", asked)
      .catch(() => this.#ask("PUT", "/session", asked));
    this.#tokens = await this.#json(answer);
  }

  #ask(method, path, body) {
    const headers = { "x-koms-clientid": CLIENT_ID, "Content-Type": "application/json" };
    if (this.#tokens) headers.Authorization = `Bearer ${this.#tokens.access_token}`;
    const signal = AbortSignal.timeout(MILLISECONDS);
    return fetch(this.#url + path, { method, headers, body: JSON.stringify(body), signal });
  }

  async #json(answer) {
    if (!answer.ok) throw new Error(`refused with ${answer.status}`);
    return answer.json();
  }
}
