/** For lists that drop down inside a popover: outside of it a click in them would close it. */
export const INSIDE = { withinPortal: false, shadow: 'md' } as const;
