export const merchantRoutes = [];
