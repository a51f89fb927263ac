import { Suspense, type ReactElement } from "react";
import { Route, Switch } from "wouter";
import { Loading } from "../parts/states";
import { Guard } from "../parts/guard";
import { routes } from "../routes";
import { NotFoundPage } from "./not-found";

/** The page that the URL names. */
export function App(): ReactElement {
  return (
    <Guard>
      <Suspense fallback={<Loading />}>
        <Switch>
          {routes.map(([pattern, Page]) => (
            <Route key={pattern} path={pattern}>
              {(params) => <Page params={params} />}
            </Route>
          ))}
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </Suspense>
    </Guard>
  );
}
