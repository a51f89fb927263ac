import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { Link, useLocation } from "wouter";
import { useTitle } from "../hooks/title";
import { Empty } from "../parts/states";
import { urls } from "../lib/urls";
import { text } from "../text";
import { Shell } from "./shell";

export function NotFoundPage(): ReactElement {
  const [path] = useLocation();
  useTitle(text.notFound.title);
  return (
    <Shell trail={[]}>
      <Empty heading="h1" title={text.notFound.title}>
        <p>{text.notFound.body(path)}</p>
        <Button component={Link} href={urls.experiments()} variant="default">
          {text.notFound.back}
        </Button>
      </Empty>
    </Shell>
  );
}
