/** A trust's texts for people to read: its keys line by line, as they stand in the policy. */
import { type JSX } from 'preact';
import { useWords } from '../language/language.js';

interface TrustFactsProps {
  /** C2SP tlog-policy. */
  readonly policy: string;
  readonly minTimestamps: number;
  readonly tsaRoots: string | undefined;
}

export function TrustFacts({ policy, minTimestamps, tsaRoots = '' }: TrustFactsProps): JSX.Element {
  const { trust: words } = useWords();
  const lines = policy.split('\n').map((line) => line.split(/[ \t]+/).filter((item) => item !== ''));
  const quorum = lines.find(([keyword]) => keyword === 'quorum')?.[1] ?? 'none';
  return (
    <dl class="values">
      {lines
        .filter(([keyword]) => keyword === 'log')
        .map(([, vkey]) => (
          <div key={vkey}>
            <dt>{words.logKey}</dt>
            <dd class="mono">{vkey}</dd>
          </div>
        ))}
      <div>
        <dt>{words.witnesses}</dt>
        <dd>
          {quorum === 'none' ? words.noWitnesses : words.quorum(quorum)}
          {lines
            .filter(([keyword]) => keyword === 'witness' || keyword === 'group')
            .map(([keyword, name, ...rest]) => (
              <span key={name} class="fingerprint-line">
                <bdi>{name}</bdi>{' '}
                <span class="mono quiet">{keyword === 'witness' ? rest[0] : rest.join(' ')}</span>
              </span>
            ))}
        </dd>
      </div>
      <div>
        <dt>{words.timestamps}</dt>
        <dd>
          {words.timestampRule(minTimestamps, tsaRoots.split('-----BEGIN CERTIFICATE-----').length - 1)}
        </dd>
      </div>
    </dl>
  );
}
