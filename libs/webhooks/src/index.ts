/** Public face of the webhooks library: what API and worker both know of events, signatures and allowed receivers. */
export { EVENT_TYPES, TEST_EVENT_TYPE, type EventType } from './event-types.js';
export { describeEvent, formatEventBody, type EventJson, type WebhookEvent } from './event.js';
export {
  createSecretBytes,
  formatPublicKey,
  formatSymmetricSecret,
  parseEndpointSecret,
  type EndpointSecret,
} from './endpoint-secret.js';
export { secretPlace } from './secret-place.js';
export { signMessage, type Message } from './sign-message.js';
export { isAllowedAddress, type AddressPolicy } from './address-policy.js';
export { hostOf, parseEndpointUrl, type UrlPolicy } from './url-policy.js';
export { policyFromSettings } from './policy-from-settings.js';
export { WebhookError, type WebhookErrorCode } from './webhook-error.js';
