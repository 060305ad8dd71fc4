// Stands in for react-devtools-core, which ink only imports in development.
export default {};
