/** The operations, cancelled at every place. */
import { operations } from './operations.ts'
import { explored } from './row.ts'

explored(operations)
