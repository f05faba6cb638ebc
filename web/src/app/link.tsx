import type { MouseEvent, ReactNode } from "react";
import { go } from "./location";

interface Props {
  href: string;
  className?: string;
  children: ReactNode;
  current?: boolean;
  label?: string;
}

/** A link inside the page: a new tab still opens with the keys that open one. */
export function Link({ href, className, children, current, label }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
    window.scrollTo(0, 0);
  };
  return (
    <a href={href} className={className} aria-current={current ? "page" : undefined} aria-label={label} onClick={follow}>
      {children}
    </a>
  );
}

/** An address from outside: only the web, never a script. */
export function Outside({ href, children }: { href: string; children: ReactNode }) {
  if (!/^https?:\/\//i.test(href)) return <>{children}</>;
  return (
    <a href={href} rel="noreferrer noopener" target="_blank">
      {children}
    </a>
  );
}
