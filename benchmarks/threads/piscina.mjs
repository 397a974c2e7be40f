export default (input) => input
