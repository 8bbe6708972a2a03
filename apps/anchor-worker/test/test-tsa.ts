/** Authorities that are OpenSSL behind real HTTP, and do right and wrong as a test tells them. */
import { type ListServer } from '@test/list-server.js';
import { type Issued, type OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, type TsaServer } from '@test/openssl-tsa.js';

/** What an authority does with a query. */
export type Manner = 'good' | 'silent' | 'garbage' | 'replays' | 'refuses' | 'own root';

export class TestTsa {
  manner: Manner = 'good';
  requests = 0;
  private first: Uint8Array | undefined;

  private constructor(
    readonly good: OpensslTsa,
    private readonly stranger: OpensslTsa,
    readonly server: TsaServer,
  ) {}

  /** Its certificate names the list of its own name. */
  static async start(
    pki: OpensslPki,
    organization: string,
    issuer: Issued,
    { root, lists }: { root: Issued; lists: ListServer },
  ): Promise<TestTsa> {
    const name = organization.replaceAll(' ', '-');
    const extensions = [...TSA_EXTENSIONS, lists.extension(name)];
    const certificate = pki.issue({ name, organization, issuer, extensions });
    const selfMade = pki.issue({ name: `${name}-stranger`, organization, extensions: TSA_EXTENSIONS });
    const good = new OpensslTsa(pki, certificate, {
      chain: issuer === root ? [] : [issuer],
      settings: ['accuracy=millisecs:250'],
    });
    const answers: { tsa?: TestTsa } = {};
    const server = await good.serve((query) => answers.tsa?.answer(query));
    return (answers.tsa = new TestTsa(good, new OpensslTsa(pki, selfMade), server));
  }

  private answer(query: Uint8Array): Uint8Array | undefined {
    this.requests += 1;
    switch (this.manner) {
      case 'silent':
        return undefined;
      case 'garbage':
        return new Uint8Array(300);
      case 'replays':
        return (this.first ??= this.good.reply(query));
      case 'refuses':
        return Uint8Array.of(0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02);
      case 'own root':
        return this.stranger.reply(query);
      case 'good':
        return (this.first = this.good.reply(query));
    }
  }
}
