import type { AppChannel } from '../app/channel.js';
import type { ActorSettings } from './actor-settings.js';

/** One running process of an application that hosts actors. */
export interface ActorHost {
  readonly appId: string;
  /** Tells replicas of one app id apart; decides the placement, so a stable name makes it repeatable. */
  readonly instanceId: string;
  readonly channel: AppChannel;
  /** Aborts when the process is about to go: its actors go to those that stay. */
  readonly leaving: AbortSignal;
}

/** Which host runs which actor. */
export class ActorPlacement {
  private readonly hosts = new Map<
    ActorHost,
    ReadonlyMap<string, ActorSettings>
  >();
  private readonly everHosted = new Set<string>();

  set(host: ActorHost, types: ReadonlyMap<string, ActorSettings>): void {
    this.hosts.set(host, types);
    for (const type of types.keys()) this.everHosted.add(type);
  }

  remove(host: ActorHost): void {
    this.hosts.delete(host);
  }

  clear(): void {
    this.hosts.clear();
  }

  settingsOf(host: ActorHost, type: string): ActorSettings | undefined {
    return this.hosts.get(host)?.get(type);
  }

  /** The host behind that sidecar. */
  hostOf(instanceId: string): ActorHost | undefined {
    for (const host of this.hosts.keys())
      if (host.instanceId === instanceId) return host;
    return undefined;
  }

  typesOf(host: ActorHost | undefined): readonly string[] {
    return [...((host && this.hosts.get(host)?.keys()) ?? [])];
  }

  /** Whether a process hosts the type that is not about to go. */
  isHosted(type: string): boolean {
    return this.hostsOf(type).some(stays);
  }

  /** Whether any process has ever hosted the type. */
  wasHosted(type: string): boolean {
    return this.everHosted.has(type);
  }

  /**
   * The host with the highest hash of itself and the actor (rendezvous hashing): a host that joins or leaves moves only
   * the actors that it gains or loses. One that is about to go has them only while there is no other.
   */
  ownerOf(type: string, id: string): ActorHost | undefined {
    const hosts = this.hostsOf(type);
    const staying = hosts.filter(stays);
    const candidates = staying.length > 0 ? staying : hosts;
    if (candidates.length < 2) return candidates[0];
    let owner: ActorHost | undefined;
    let highest = -1;
    for (const host of candidates) {
      const weight = hash([host.appId, host.instanceId, type, id].join('\n'));
      if (weight > highest) [owner, highest] = [host, weight];
    }
    return owner;
  }

  private hostsOf(type: string): ActorHost[] {
    const hosts: ActorHost[] = [];
    for (const [host, types] of this.hosts)
      if (types.has(type)) hosts.push(host);
    return hosts;
  }
}

function stays({ leaving }: ActorHost): boolean {
  return !leaving.aborted;
}

/** FNV-1a with the last mixing step of MurmurHash3: names that differ in one letter spread over the whole range. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
