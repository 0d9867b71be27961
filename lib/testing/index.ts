export {
  EmbeddedSidecar,
  type EmbeddedSidecarOptions,
  type RunOptions,
} from './embedded-sidecar.js';
export type { ConfigurationValues } from './configuration-values.js';
export { Faults, InjectedFault, type FaultPoint } from '../sidecar/faults.js';
export {
  Transcript,
  type TranscriptEntry,
  type TranscriptKind,
} from '../sidecar/transcript.js';
export { VirtualClock } from '../sidecar/virtual-clock.js';
