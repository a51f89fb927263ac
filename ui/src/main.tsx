import "./styles";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { ApiError, BASE } from "./api/client";
import { redirectFromHash } from "./lib/legacy";
import { App } from "./pages/app";
import { theme } from "./theme";

const RETRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it will refuse again; what did not reach it may reach it yet.
      retry: (failures, error) => failures < RETRIES && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

/** Send links of the old hash-routed UI to where their page is now. */
function followOldLink(): void {
  const target = redirectFromHash(location.hash);
  if (target === null) return;
  history.replaceState(null, "", BASE + target);
}

followOldLink();
addEventListener("hashchange", followOldLink);

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={client}>
          <Router base={BASE}>
            <App />
          </Router>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
