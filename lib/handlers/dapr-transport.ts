/** Transport id of Dapr's handlers. Registered, so that two copies of the library agree. */
export const DAPR_TRANSPORT: unique symbol = Symbol.for('nestjs-dapr');
