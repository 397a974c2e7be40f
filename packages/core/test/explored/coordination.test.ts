/** What tasks coordinate by, cancelled at every place. */
import { coordination } from './coordination.ts'
import { explored } from './row.ts'

explored(coordination)
