// How an operation can end other than by returning.

/** What DL4J throws here; `kind` is the simple name of the Java class. */
export class Dl4jException extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** What this port does not do. */
export class Unsupported extends Error {}
