/**
 * Prints the explorations of golden.ts. The same bytes have to come on every host, and stand in golden.txt:
 *
 *     node --import ./scripts/register-ts.mjs packages/testing/test/golden/print.ts
 *     bun packages/testing/test/golden/print.ts
 *     deno run --allow-read --allow-env --import-map packages/testing/test/golden/import-map.json packages/testing/test/golden/print.ts
 */
import { golden } from './golden.ts'

console.log(golden())
