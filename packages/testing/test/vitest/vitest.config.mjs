import { fileURLToPath } from 'node:url'
import { sources } from '../../../../scripts/packages.mjs'

export default {
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: { include: ['*.vitest.ts'], cache: false },
  // Our packages are imported by name, as users do, but run from their sources.
  resolve: {
    alias: [...sources].map(([specifier, replacement]) => ({
      find: new RegExp(`^${specifier}$`),
      replacement,
    })),
  },
}
