/** A process of its own, since Node reads NODE_EXTRA_CA_CERTS once, at its start. Prints what it reads at each address. */
import { DaprClient } from '../../../lib/client/dapr-client.js';

const values: unknown[] = [];
for (const httpEndpoint of process.argv.slice(2)) {
  const client = new DaprClient({ httpEndpoint });
  await client.state.save('store', [{ key: 'k', value: httpEndpoint }]);
  values.push(await client.state.get('store', 'k'));
  await client.stop();
}
console.log(JSON.stringify(values));
