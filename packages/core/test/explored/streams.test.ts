/** Streams, cancelled at every place. */
import { streams } from './streams.ts'
import { explored } from './row.ts'

explored(streams)
