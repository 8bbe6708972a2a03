/** The times of a record, each with whose word it is, in UTC and in Beijing time. */
import { type VerificationReport } from '@cunzheng/receipt';
import { type JSX } from 'preact';
import { formatTimes } from '../language/format-time.js';
import { useWords } from '../language/language.js';

export function Times({ report }: { readonly report: VerificationReport }): JSX.Element {
  const { case: words, times } = useWords();
  const fact = (name: string, key: string): string | undefined => {
    const value = report.checks.find((check) => check.name === name)?.established[key];
    return typeof value === 'string' ? value : undefined;
  };
  const { existedBy } = report;
  const rows = [
    { what: times.acceptedAt, time: fact('record', 'acceptedAt'), whose: times.operator },
    { what: times.createdAt, time: fact('block', 'createdAt'), whose: times.operator },
    { what: times.existedBy, time: existedBy?.time, whose: existedBy && times[existedBy.according] },
  ];
  return (
    <section>
      <h3>{words.times}</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{times.what}</th>
              <th scope="col">{times.utc}</th>
              <th scope="col">{times.beijing}</th>
              <th scope="col">{times.whose}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(
              ({ what, time, whose }) =>
                time !== undefined && <TimeRow key={what} what={what} time={time} whose={whose ?? ''} />,
            )}
          </tbody>
        </table>
      </div>
      {existedBy === undefined && <p class="hint">{times.nobody}</p>}
    </section>
  );
}

function TimeRow({ what, time, whose }: { what: string; time: string; whose: string }): JSX.Element {
  const { utc, beijing } = formatTimes(time);
  return (
    <tr>
      <th scope="row">{what}</th>
      <td class="numbers">
        <time dateTime={time}>{utc}</time>
      </td>
      <td class="numbers">{beijing}</td>
      <td>{whose}</td>
    </tr>
  );
}
