/** The public surface of `eslint-plugin-coppice`, and nothing else. */
export { configs, meta, plugin as default, rules } from './plugin.ts'
