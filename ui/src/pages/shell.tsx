import { ActionIcon, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactElement, type ReactNode } from "react";
import { Link } from "wouter";
import { versionQuery } from "../api/server";
import { Icon } from "../parts/icons";
import { Toasts } from "../parts/toasts";
import { urls } from "../lib/urls";
import { text } from "../text";
import css from "./shell.module.css";

/** A step of the way to a page; the last one has no link. */
export interface Crumb {
  label: string;
  href?: string;
}

/** The frame of every page: where one is, and the page. */
export function Shell({ trail, children }: { trail: readonly Crumb[]; children: ReactNode }): ReactElement {
  return (
    <div className={css["app"]}>
      <header className={css["bar"]}>
        <Link href={urls.experiments()} className={css["brand"] ?? ""} aria-label={text.shell.home}>
          <Stones />
          Cairn
        </Link>
        <nav className={css["trail"]} aria-label={text.shell.trail}>
          {trail.map(({ label, href }) => (
            <Fragment key={label}>
              <span aria-hidden="true">/</span>
              {href === undefined ? (
                <span className="cut" aria-current="page" title={label}>
                  {label}
                </span>
              ) : (
                <Link href={href} className="cut" title={label}>
                  {label}
                </Link>
              )}
            </Fragment>
          ))}
        </nav>
        <Version />
        <SchemeButton />
      </header>
      <main className={css["main"]}>{children}</main>
      <Toasts />
    </div>
  );
}

function Stones(): ReactElement {
  return (
    <svg width="18" height="18" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
      <rect x="3" y="16.5" width="18" height="5" rx="2.5" />
      <rect x="5.5" y="10" width="12.5" height="5" rx="2.5" />
      <rect x="8.5" y="3.5" width="8" height="5" rx="2.5" />
    </svg>
  );
}

function Version(): ReactElement | null {
  const { data } = useQuery(versionQuery);
  return data === undefined || data === "" ? null : <span className={css["version"]}>{text.shell.version(data)}</span>;
}

const NEXT: Record<MantineColorScheme, MantineColorScheme> = { auto: "light", light: "dark", dark: "auto" };
const ICONS = { auto: "auto", light: "sun", dark: "moon" } as const;

function SchemeButton(): ReactElement {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={text.shell.scheme[colorScheme]} title={text.shell.scheme[colorScheme]} onClick={() => setColorScheme(NEXT[colorScheme])}>
      <Icon name={ICONS[colorScheme]} />
    </ActionIcon>
  );
}
