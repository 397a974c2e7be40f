// A test is known to Stryker by its file and its title.

export const idOf = (file, title) => `${file} › ${title}`
export const fileOf = (id) => id.slice(0, id.indexOf(' › '))
