declare module "phoenix-1.7.23" {
  export * from "phoenix";
}
