/** The part of `XMLHttpRequest` that the official client up to 1.7 uses. Node lacks it, and this client does not use `fetch`. */
class FetchedRequest {
  timeout = 0;
  readyState = 0;
  responseText = "";
  onerror: (() => void) | undefined = undefined;
  ontimeout: (() => void) | undefined = undefined;
  onreadystatechange: (() => void) | undefined = undefined;
  readonly #headers: { [name: string]: string } = {};
  readonly #controller = new AbortController();
  #target: readonly [method: string, url: string] = ["GET", ""];

  open(method: string, url: string): void {
    this.#target = [method, url];
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }

  abort(): void {
    this.#controller.abort();
  }

  async send(body: string | null): Promise<void> {
    const [method, url] = this.#target;
    const { signal } = this.#controller;
    try {
      const response = await fetch(url, { method, headers: this.#headers, body, signal });
      this.responseText = await response.text();
    } catch {
      if (!signal.aborted) this.onerror?.();
      return;
    }
    if (signal.aborted) return;
    this.readyState = 4;
    this.onreadystatechange?.();
  }
}

/** The official client up to 1.7 finds its globals in `self` only, when it is loaded. */
Object.defineProperty(globalThis, "self", { value: globalThis, configurable: true });

/** Adds or removes `XMLHttpRequest`. Without it, newer clients use `fetch`. */
export function provideXmlHttpRequest(isProvided: boolean): void {
  if (isProvided) {
    Object.defineProperty(globalThis, "XMLHttpRequest", { value: FetchedRequest, configurable: true });
  } else {
    Reflect.deleteProperty(globalThis, "XMLHttpRequest");
  }
}
