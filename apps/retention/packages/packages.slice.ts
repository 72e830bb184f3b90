import { rightsPackage } from '#domain';
import type { Slice } from '#nest';
import { COMPILER, PackageCompiler } from './compiler.js';
import { PackagesController } from './packages.controller.js';
import { PackagesProcessor } from './packages.processor.js';
import {
  disclosuresProjection,
  disclosuresTable,
  packagesAbout,
  packagesProjection,
  packagesTable,
  vaultIdOf,
} from './packages.read-model.js';

/** What is put together for whoever asks to see what is held, kept under a key of its own for as long as it is needed. */
export const packages: Slice = {
  controllers: [PackagesController, PackagesProcessor],
  providers: [PackageCompiler],
  processors: [{ name: COMPILER, topics: ['rollcall.retention'] }],
  deciders: [rightsPackage],
  projections: [packagesProjection, disclosuresProjection],
  tables: [packagesTable, disclosuresTable],
  holdings: [
    {
      title: 'Packages like this one that were made for you',
      table: 'rights_packages',
      about: 'person_id = $2',
      at: 'ordered_at',
      hidden: ['searched', 'kept'],
      /** Whatever edition there is, and one that a search under way would still write: its key is spent beforehand. */
      erase: async (kit, tx, { personId, cause }) => {
        for (const { requestId, edition, kept } of await packagesAbout(tx, personId)) {
          for (const one of new Set([kept, edition])) if (one > 0) await kit.vault.erase(tx, vaultIdOf(requestId, one));
          await kit.commands.execute(tx, rightsPackage, cause, [
            { id: requestId, command: { name: 'ConfirmDestroyed', data: { requestId, because: 'erasure' } } },
          ]);
        }
      },
    },
  ],
};
