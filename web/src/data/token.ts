// Other addresses than loopback ask for a token. It lives as long as the tab.
const NAME = "roofscape-token";

export function token(): string {
  try {
    return sessionStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

export function keepToken(value: string): void {
  try {
    sessionStorage.setItem(NAME, value);
  } catch {
    // Without storage the token is asked for again at the next load.
  }
}
