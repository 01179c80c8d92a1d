/** What a node does that a format has no form for, as in "NODE …, which …". */
export class Unwritable extends Error {}
