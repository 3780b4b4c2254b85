/** Every limit and wait of the sandbox, units last. What is full lets the oldest go, unless its line says otherwise. */
export const sandboxLimits = Object.freeze({
  ordersMax: 20_000,
  contactsMax: 20_000,
  quotesMax: 20_000,
  eventsMax: 20_000,
  requestsMax: 2_000,
  /** A further webhook is refused. */
  webhooksMax: 20,
  /** A further rule is refused. */
  faultRulesMax: 100,
  /** Deliveries in flight or waiting for a retry; a further one is dropped and reported. */
  deliveriesMax: 50_000,
  deliveryConnectionsMax: 32,
  /** Koywe asks for an answer in under five seconds. */
  deliveryTimeoutMs: 5_000,
  deliveryAnswerBytesMax: 65_536,
  /** How long the fault `reorder` waits for a later event to overtake. */
  reorderWaitMs: 1_000,
  requestBodyBytesMax: 1_048_576,
  requestHeadersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  tokenLifeSeconds: 3_600,
  /** Koywe's quotes live 10 to 15 seconds. */
  quoteLifeSeconds: 15,
  stepDelayMs: 1_000,
  slowMs: 5_000,
  delayMsMax: 600_000,
  retryAfterSeconds: 1,
  hugeChunkBytes: 65_536,
  truncatedPromisedBytes: 4_096,
  textCharactersMax: 255,
  pageMax: 100,
});
