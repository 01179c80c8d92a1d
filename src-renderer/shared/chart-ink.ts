/** `--quiet` of app.css, for charts: they are drawn on a canvas, where the page's styles do not reach. */
export const CHART_INK = { light: '#5f5f5f', dark: '#a3a3a3' } as const;
