import type { ErrorDetail } from './error-codes.js';
import {
  BadRequest,
  ErrorInfo,
  Help,
  ResourceInfo,
  Status,
} from './proto/generated/status.js';

/** The metadata in which a failed call carries its {@link Status}. */
export const STATUS_DETAILS = 'grpc-status-details-bin';

const PREFIX = 'type.googleapis.com/google.rpc.';

/** The details of a failed call in the form that they have in Dapr's HTTP answers. */
export function readStatusDetails(bytes: Uint8Array): ErrorDetail[] {
  return Status.decode(bytes).details.flatMap(({ typeUrl, value }) => {
    const detail = readDetail(typeUrl, value);
    return detail ? [{ '@type': typeUrl, ...detail }] : [];
  });
}

export function writeStatusDetails(
  code: number,
  message: string,
  details: readonly ErrorDetail[],
): Buffer {
  const packed = details.map((detail) => {
    const typeUrl = String(detail['@type']);
    return { typeUrl, value: Buffer.from(writeDetail(typeUrl, detail)) };
  });
  return Buffer.from(
    Status.encode({ code, message, details: packed }).finish(),
  );
}

function readDetail(
  typeUrl: string,
  value: Uint8Array,
): ErrorDetail | undefined {
  switch (typeUrl) {
    case `${PREFIX}ErrorInfo`: {
      const { reason, domain, metadata } = ErrorInfo.decode(value);
      return { domain, reason, metadata };
    }
    case `${PREFIX}ResourceInfo`: {
      const info = ResourceInfo.decode(value);
      return {
        resource_type: info.resourceType,
        resource_name: info.resourceName,
        owner: info.owner,
        description: info.description,
      };
    }
    case `${PREFIX}BadRequest`:
      return { field_violations: BadRequest.decode(value).fieldViolations };
    case `${PREFIX}Help`:
      return { links: Help.decode(value).links };
    default:
      return undefined;
  }
}

function writeDetail(typeUrl: string, detail: ErrorDetail): Uint8Array {
  const text = (name: string): string => (detail[name] ?? '') as string;
  switch (typeUrl) {
    case `${PREFIX}ErrorInfo`:
      return ErrorInfo.encode({
        reason: text('reason'),
        domain: text('domain'),
        metadata: (detail['metadata'] ?? {}) as Record<string, string>,
      }).finish();
    case `${PREFIX}ResourceInfo`:
      return ResourceInfo.encode({
        resourceType: text('resource_type'),
        resourceName: text('resource_name'),
        owner: text('owner'),
        description: text('description'),
      }).finish();
    case `${PREFIX}BadRequest`:
      return BadRequest.encode({
        fieldViolations: (detail['field_violations'] ??
          []) as BadRequest['fieldViolations'],
      }).finish();
    case `${PREFIX}Help`:
      return Help.encode({
        links: (detail['links'] ?? []) as Help['links'],
      }).finish();
    default:
      return new Uint8Array();
  }
}
