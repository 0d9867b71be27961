import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  timingSafeEqual,
  type CipherGCM,
  type DecipherGCM,
} from 'node:crypto';
import type { Cipher } from './algorithms.js';
import type { Segment } from './segments.js';

/** What a sealed segment is longer by. */
export const TAG_LENGTH = 16;

const KEY_LENGTH = 32;
const NAMES = {
  'AES-GCM': 'aes-256-gcm',
  'CHACHA20-POLY1305': 'chacha20-poly1305',
} as const;

/**
 * The key of one document: signs its header and seals its segments (dapr/kit schemes/enc/v1/filekey.go).
 * Every segment has a nonce of its own, in which the last one is marked, so that none can be left out.
 */
export class FileKey {
  private readonly headerKey: Buffer;
  private readonly payloadKey: Buffer;

  constructor(
    key: Buffer,
    private readonly noncePrefix: Buffer,
    private readonly cipher: Cipher,
  ) {
    this.headerKey = derive(key, Buffer.alloc(0), 'header');
    this.payloadKey = derive(key, noncePrefix, 'payload');
  }

  sign(text: string | Buffer): Buffer {
    return createHmac('sha256', this.headerKey).update(text).digest();
  }

  hasSigned(text: string | Buffer, signature: Buffer): boolean {
    const expected = this.sign(text);
    return (
      expected.length === signature.length &&
      timingSafeEqual(expected, signature)
    );
  }

  seal(segment: Segment): Buffer {
    // The types know the two ciphers of Node that have this form under other names.
    const cipher = createCipheriv(
      NAMES[this.cipher] as 'aes-256-gcm',
      this.payloadKey,
      this.nonceOf(segment),
      { authTagLength: TAG_LENGTH },
    ) as CipherGCM;
    const sealed = cipher.update(segment.data);
    cipher.final();
    return Buffer.concat([sealed, cipher.getAuthTag()]);
  }

  /** @throws Error in daprd's words */
  open(segment: Segment): Buffer {
    const { data } = segment;
    try {
      const decipher = createDecipheriv(
        NAMES[this.cipher] as 'aes-256-gcm',
        this.payloadKey,
        this.nonceOf(segment),
        { authTagLength: TAG_LENGTH },
      ) as DecipherGCM;
      decipher.setAuthTag(data.subarray(-TAG_LENGTH));
      const opened = decipher.update(data.subarray(0, -TAG_LENGTH));
      decipher.final();
      return opened;
    } catch (cause) {
      throw new Error(
        `error processing segment ${segment.number}: failed to decrypt segment`,
        { cause },
      );
    }
  }

  private nonceOf({ number, isLast }: Segment): Buffer {
    const nonce = Buffer.alloc(12);
    this.noncePrefix.copy(nonce);
    nonce.writeUInt32BE(number, 7);
    nonce[11] = isLast ? 1 : 0;
    return nonce;
  }
}

function derive(key: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, KEY_LENGTH));
}
