/** Policies, cancelled at every place. */
import { policies } from './policies.ts'
import { explored } from './row.ts'

explored(policies)
