/** What the record and its disclosures say, in the visitor's terms. All of it is text, whatever is in it. */
import { type SignerDisclosures, type VerificationReport } from '@cunzheng/receipt';
import { type ComponentChildren, Fragment, type JSX } from 'preact';
import { formatSize } from '../language/format-size.js';
import { useWords } from '../language/language.js';
import { type ShownReceipt } from './read-receipt.js';

interface EvidenceFactsProps {
  readonly shown: ShownReceipt;
  readonly report: VerificationReport;
}

export function EvidenceFacts({ shown: { record, disclosed }, report }: EvidenceFactsProps): JSX.Element {
  const words = useWords();
  const height = report.checks.find(({ name }) => name === 'block')?.established['height'] ?? '?';
  const leafIndex = report.checks.find(({ name }) => name === 'inclusion')?.established['leafIndex'] ?? '?';
  return (
    <section>
      <h3>{words.case.facts}</h3>
      <dl class="values facts">
        {disclosed && <Stated disclosed={disclosed} />}
        <Fact name={words.facts.signers}>
          {record.signers === 0 ? (
            words.facts.noSigners
          ) : (
            <Signers signers={disclosed?.signers ?? []} count={record.signers} />
          )}
        </Fact>
        <Fact name={words.facts.assurance}>{words.facts.assurances[record.assurance]}</Fact>
        <Fact name={words.facts.fingerprints}>
          {record.fingerprints.map(({ algorithm, digest }) => (
            <span key={algorithm} class="fingerprint-line">
              <span class="quiet">{algorithm}</span> <span class="mono">{digest}</span>
            </span>
          ))}
        </Fact>
        <Fact name={words.facts.id}>
          <span class="mono">{record.id}</span>
        </Fact>
        <Fact name={words.facts.log}>
          <bdi class="mono">{record.log}</bdi>
        </Fact>
        <Fact name={words.facts.position}>{words.facts.positionText(String(leafIndex), String(height))}</Fact>
      </dl>
      <p class="hint">
        {disclosed && disclosed.names.length > 0 && `${words.facts.statedBy} `}
        {words.facts.withheld}
      </p>
    </section>
  );
}

function Stated({ disclosed }: { readonly disclosed: NonNullable<ShownReceipt['disclosed']> }): JSX.Element {
  const { facts } = useWords();
  const texts = ['title', 'organization', 'clientRef', 'mediaType'] as const;
  return (
    <>
      {texts.map((name) => {
        const text = disclosed[name];
        return (
          text !== undefined && (
            <Fact key={name} name={facts[name]}>
              <bdi class={name === 'title' ? 'title' : ''}>{text}</bdi>
            </Fact>
          )
        );
      })}
      {disclosed.sizeBytes !== undefined && (
        <Fact name={facts.sizeBytes}>{formatSize(disclosed.sizeBytes)}</Fact>
      )}
      {disclosed.metadata !== undefined && (
        <Fact name={facts.metadata}>
          {disclosed.metadata.map(({ name, value }, index) => (
            <span key={index} class="fingerprint-line">
              <bdi class="quiet">{name}</bdi> <bdi>{value}</bdi>
            </span>
          ))}
        </Fact>
      )}
      {disclosed.provenance !== undefined && (
        <Fact name={facts.provenance}>
          <bdi class="mono">
            {typeof disclosed.provenance === 'string'
              ? disclosed.provenance
              : JSON.stringify(disclosed.provenance)}
          </bdi>
        </Fact>
      )}
    </>
  );
}

function Signers({
  signers,
  count,
}: {
  readonly signers: readonly SignerDisclosures[];
  readonly count: number;
}): JSX.Element {
  const { facts } = useWords();
  return (
    <ul class="signers">
      {Array.from({ length: count }, (_, index) => {
        const { name, identifiers = [], verification } = signers[index] ?? {};
        return (
          <li key={index}>
            <bdi>{name ?? facts.signerWithheld}</bdi>
            {identifiers.map(({ scheme, value }) => (
              <Fragment key={scheme}>
                {' · '}
                <bdi>
                  {scheme} {value}
                </bdi>
              </Fragment>
            ))}
            {verification && (
              <span class="quiet">
                {' · '}
                <bdi>{facts.verifiedBy(verification.method, verification.by ?? '')}</bdi>
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
