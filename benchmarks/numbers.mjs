/** The sources of the stream workloads: the same for all contenders. */
export function* numbers(n) {
  for (let i = 0; i < n; i++) yield i
}

export async function* asyncNumbers(n) {
  for (let i = 0; i < n; i++) yield i
}

export const isEven = (n) => n % 2 === 0
export const decrement = (n) => n - 1
export const count = (sum) => sum + 1
