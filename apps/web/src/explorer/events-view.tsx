/** What the log says about itself: the entries of type `02`, with their public bodies. */
import { type JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { type EventItem, type LogClient } from './log-client.js';
import { Pending } from './pending.js';
import { useLoaded } from './use-loaded.js';
import { useExplorerWords } from './words.js';

export function EventsView({ client }: { readonly client: LogClient }): JSX.Element {
  const { events: words } = useExplorerWords();
  const load = useCallback(() => client.fetchEvents(), [client]);
  const loaded = useLoaded(load);
  return (
    <section class="panel" aria-labelledby="events-heading">
      <h2 id="events-heading">{words.heading}</h2>
      <p>{words.explain}</p>
      {loaded.state !== 'loaded' && <Pending of={loaded} />}
      {loaded.state === 'loaded' && loaded.value.length === 0 && <p>{words.none}</p>}
      {loaded.state === 'loaded' && loaded.value.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.entry}</th>
                <th scope="col">{words.event}</th>
                <th scope="col">{words.body}</th>
              </tr>
            </thead>
            <tbody>
              {loaded.value.map((event) => (
                <EventRow key={event.leafIndex} event={event} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function EventRow({ event: { leafIndex, height, body } }: { readonly event: EventItem }): JSX.Element {
  const { event, ...members } = JSON.parse(body) as Record<string, unknown>;
  return (
    <tr>
      <th scope="row" class="numbers">
        <a href={`#/block/${height}`}>{leafIndex.toLocaleString()}</a>
      </th>
      <td>
        <bdi>{String(event)}</bdi>
      </td>
      <td>
        <dl class="values">
          {Object.entries(members).map(([name, value]) => (
            <div key={name}>
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd class="mono">
                <bdi>{typeof value === 'string' ? value : JSON.stringify(value)}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      </td>
    </tr>
  );
}
