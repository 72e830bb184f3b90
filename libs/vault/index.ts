export { openVault, loadKek, type KekSource } from './kek.js';
export { vaultMigration } from './migration.js';
export { KekRefused, SubjectErased, Unreadable, Vault, type Personal } from './vault.js';
