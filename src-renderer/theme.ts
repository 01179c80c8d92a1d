import { Button, createTheme, type MantineColorsTuple, Modal, Tooltip } from '@mantine/core';

/** Greys without a tint: colour belongs to classes and errors. Light to dark. */
const gray: MantineColorsTuple = [
  '#fafafa',
  '#f4f4f4',
  '#ebebeb',
  '#dedede',
  '#cacaca',
  '#a8a8a8',
  '#6e6e6e',
  '#4d4d4d',
  '#333333',
  '#1f1f1f',
];

/** The dark scheme's greys: text first, page last. */
const dark: MantineColorsTuple = [
  '#e6e6e6',
  '#b8b8b8',
  '#9a9a9a',
  '#5c5c5c',
  '#3d3d3d',
  '#333333',
  '#282828',
  '#1e1e1e',
  '#171717',
  '#0f0f0f',
];

/** The one accent. */
const accent: MantineColorsTuple = [
  '#e8f2fc',
  '#cfe2f7',
  '#a3c8ee',
  '#74abe5',
  '#4d93dd',
  '#2f82d7',
  '#1971c8',
  '#155fa9',
  '#124f8d',
  '#0d3a68',
];

export const theme = createTheme({
  colors: { gray, dark, accent },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 5 },
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '24px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 500, withArrow: false, fz: 'xs' } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, transitionProps: { duration: 80 }, closeButtonProps: { 'aria-label': 'Close' } },
    }),
    TextInput: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', checkIconPosition: 'right', comboboxProps: { shadow: 'md' } } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Slider: { defaultProps: { size: 'sm' } },
    ActionIcon: { defaultProps: { size: 28, variant: 'subtle', color: 'gray' } },
    Tabs: { defaultProps: { keepMounted: false } },
  },
});
