import { Button, createTheme, Menu, Modal, Popover, SegmentedControl, Textarea, TextInput, type MantineColorsTuple } from "@mantine/core";

/** Lichen: the one accent of the house. */
const lichen: MantineColorsTuple = ["#e9f7f5", "#d5ece9", "#a8d9d3", "#77c5bc", "#50b4a9", "#37a99d", "#1d8f85", "#0c7c76", "#05645f", "#004c48"];

/** Greys of the dark scheme, light to dark: text first, page last. */
const dark: MantineColorsTuple = ["#e7e9eb", "#c3c9cf", "#a2abb4", "#79828b", "#2f353a", "#262b2f", "#1b1f22", "#111315", "#0d0f10", "#090a0b"];

const SYSTEM = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif';
const MONO = 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';

export const theme = createTheme({
  primaryColor: "lichen",
  primaryShade: 7,
  colors: { lichen, dark },
  fontFamily: SYSTEM,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: "xs" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "xs" } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: "xs" } }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", withinPortal: true } }),
    Popover: Popover.extend({ defaultProps: { shadow: "md" } }),
    Modal: Modal.extend({ defaultProps: { centered: true, transitionProps: { duration: 120 } } }),
  },
});
