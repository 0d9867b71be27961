/** How the client speaks to the sidecar. The names and values are those of `@dapr/dapr`. */
export const CommunicationProtocolEnum = {
  GRPC: 0,
  HTTP: 1,
} as const;

export type CommunicationProtocolEnum =
  (typeof CommunicationProtocolEnum)[keyof typeof CommunicationProtocolEnum];

/** The name that older `@dapr/dapr` code and many examples use for {@link CommunicationProtocolEnum}. */
export const CommunicationProtocol = CommunicationProtocolEnum;
export type CommunicationProtocol = CommunicationProtocolEnum;
